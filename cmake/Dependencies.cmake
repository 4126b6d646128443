# The libraries, all from the system. Headers without a CMake package are looked for by name.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)  # Its flags choose its layout: they have to be the library's.

# relay_library(NAME HEADER LIBRARY...): an imported target NAME, or a clear end.
function(relay_library name header)
    find_path(${name}_INCLUDE ${header})
    find_library(${name}_LIBRARY NAMES ${ARGN})
    if(NOT ${name}_INCLUDE OR NOT ${name}_LIBRARY)
        message(FATAL_ERROR "${header} or lib${ARGN} not found; packaging/install-packages installs all that is needed")
    endif()
    add_library(relay::${name} INTERFACE IMPORTED GLOBAL)
    target_include_directories(relay::${name} SYSTEM INTERFACE ${${name}_INCLUDE})
    target_link_libraries(relay::${name} INTERFACE ${${name}_LIBRARY})
endfunction()

relay_library(milter libmilter/mfapi.h milter)
relay_library(db db.h db-5.3 db)
relay_library(hiredis hiredis/read.h hiredis)
relay_library(re2 re2/re2.h re2)
relay_library(sasl sasl/sasl.h sasl2)
