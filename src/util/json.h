// The two kinds of JSON values of util/json_fwd.h, for files that build or read them.
#pragma once

#include <nlohmann/json.hpp>

#include "util/json_fwd.h"
