# cmake -Dnm=… -Dlibrary=… -P CheckExports.cmake: fails unless JNI_OnLoad is the only symbol that the library exports.
execute_process(COMMAND "${nm}" -D --defined-only --format=posix "${library}"
  OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
if(NOT symbols MATCHES "^JNI_OnLoad [^\n]*\n$")
  message(FATAL_ERROR "${library} exports more, or less, than JNI_OnLoad:\n${symbols}")
endif()
