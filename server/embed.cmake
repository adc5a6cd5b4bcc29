# Writes [OUTPUT], a header with the bytes of file [SOURCE] as the array [NAME].
file(READ ${SOURCE} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "static const char ${NAME}[] = {${bytes}};\n" @ONLY)
