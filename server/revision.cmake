# Writes [OUTPUT], a header with [GIVEN], or else the commit that is checked out in [SOURCE], or "unknown" where SOURCE
# is no checkout of its own. Runs at each build; the file changes only with the commit, so nothing is compiled in vain.
get_filename_component(above ${SOURCE} DIRECTORY)
set(ENV{GIT_CEILING_DIRECTORIES} ${above})
execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=*
  WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE revision RESULT_VARIABLE failed ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(GIVEN)
  set(revision ${GIVEN})
elseif(failed OR revision STREQUAL "")
  set(revision unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define REVISION \"${revision}\"\n")
