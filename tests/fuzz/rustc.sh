#!/bin/sh
# The compiler with the coverage that libFuzzer is guided by, for the workspace's own crates alone: cargo calls it as its
# RUSTC_WORKSPACE_WRAPPER, with the compiler's name first. Stable flags, as cargo-fuzz gives them without a sanitizer.
case " $* " in
*" --crate-name build_script_"*) exec "$@" ;;
esac
exec "$@" -Copt-level=1 -Cdebug-assertions=on -Coverflow-checks=on \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0
