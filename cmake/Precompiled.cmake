# precompile(TARGET KIND): compiles cmake/precompiled/KIND.h once for the target. It halves the time of a
# full build. CMAKE_DISABLE_PRECOMPILE_HEADERS turns it off; every file includes what it uses all the same.
function(precompile target kind)
  target_precompile_headers(${target} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/precompiled/${kind}.h")
endfunction()
