#include "policy/source/relayers/relayers_entries.h"

#include "policy/source/relayers/relayers_keys.h"

namespace relay {

RelayersEntry::RelayersEntry(std::string_view key_on_disk, std::string_view data_on_disk)
    : key{key_on_disk}, data{data_on_disk}, client{address_of_key(key)}, record{decode_login_record(data, Layout::timestamp)} {}

}  // namespace relay
