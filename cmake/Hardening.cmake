# What makes a fault in the code harder to use: for the programs that are installed, and the tests, which are the same
# code. Not beside a sanitizer, which finds the fault itself. tests/house/test_hardening.py looks at the result.
include(CheckCXXCompilerFlag)

add_library(hardening INTERFACE)
target_compile_options(hardening INTERFACE -Wformat=2 -Werror=format-security)
if(NOT MILTER_RELAY_SANITIZE)
    foreach(flag -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection)
        string(MAKE_C_IDENTIFIER "cxx_has${flag}" known)
        check_cxx_compiler_flag(${flag} ${known})
        if(${known})
            target_compile_options(hardening INTERFACE ${flag})
        endif()
    endforeach()
    target_compile_options(hardening INTERFACE "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
    target_link_options(hardening INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
