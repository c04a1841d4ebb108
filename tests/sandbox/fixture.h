// A root file system that holds nothing but the probe, and sandboxes made from it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cloche/sandbox.h"

// The path of a root file system that contains /probe. Made once per test program, removed at its
// end.
const std::string& probe_rootfs();

// A Spec for this root file system.
cloche::Spec probe_spec();

// The command that makes the probe do something.
cloche::Command probe(std::vector<std::string> arguments);

// Makes a sandbox and runs the probe in it.
cloche::Result run_probe(std::vector<std::string> arguments, const cloche::Limits& limits = {});

// Of the running kernel: {6, 1}.
std::pair<int, int> kernel_version();
