#include "runner/report/token_json.h"

#include "util/json_node.h"

namespace cloche::runner {

std::string token_json(const Token& token) {
  Json json = {
      {"tag", token.tag}, {"text", token.text}, {"mode", token.mode}, {"label", token.label}};
  if (token.milliseconds) json["milliseconds"] = *token.milliseconds;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cloche::runner
