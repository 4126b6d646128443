// The mechanisms: installed, offered, trusted and counted have to come together, or somebody cannot log in.
#pragma once

#include "milter/doctor/finding.h"
#include "milter/doctor/machine.h"
#include "milter/doctor/sasl_server.h"

namespace relay::doctor {

Findings judge_mechanisms(const SaslServer& server, const Machine& machine);

}  // namespace relay::doctor
