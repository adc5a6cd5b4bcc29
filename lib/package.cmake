# The library as others use it: see lib/README.md, "Installing".
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(tenure_shared SHARED $<TARGET_OBJECTS:tenure>)
set_target_properties(tenure_shared PROPERTIES
  OUTPUT_NAME tenure EXPORT_NAME tenure LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_include_directories(tenure_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
get_target_property(tenure_needs tenure LINK_LIBRARIES)
if(tenure_needs)
  target_link_libraries(tenure_shared PRIVATE ${tenure_needs})
endif()

set(folder ${CMAKE_CURRENT_BINARY_DIR}/package)
add_custom_command(OUTPUT ${folder}/libtenure.a
  COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
  COMMAND ${CMAKE_LINKER} -r -o ${folder}/tenure.o $<TARGET_OBJECTS:tenure>
  COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${folder}/tenure.o
  COMMAND ${CMAKE_COMMAND} -E rm -f ${folder}/libtenure.a
  COMMAND ${CMAKE_AR} rcs ${folder}/libtenure.a ${folder}/tenure.o
  DEPENDS $<TARGET_OBJECTS:tenure> COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(tenure_archive ALL DEPENDS ${folder}/libtenure.a)

file(RELATIVE_PATH to_prefix /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(tenure.pc.in ${folder}/tenure.pc @ONLY)
configure_package_config_file(tenure-config.cmake.in ${folder}/tenure-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tenure
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${folder}/tenure-config-version.cmake COMPATIBILITY SameMinorVersion)

install(DIRECTORY include/tenure DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS tenure_shared EXPORT tenure-targets)
install(FILES ${folder}/libtenure.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${folder}/tenure.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(EXPORT tenure-targets NAMESPACE tenure:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tenure)
install(FILES ${folder}/tenure-config.cmake ${folder}/tenure-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tenure)
