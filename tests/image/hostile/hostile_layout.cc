#include "hostile_layout.h"

#include <filesystem>

#include "catch.h"

namespace cloche::image::test {

void judge(Scene& scene, const LayoutShape& shape, const std::string& source) {
  INFO(shape.name);
  const std::optional<Error> failure = scene.attempt(source);
  if (failure) INFO(failure->what());
  CHECK(failure.has_value() == shape.refused.has_value());
  if (failure && shape.refused) {
    INFO(failure->what());
    CHECK(failure->kind() == *shape.refused);
  }
  scene.forget();
}

void judge_all(const std::vector<LayoutShape>& shapes) {
  Scene scene;
  const std::string path = scene.place() / "source";
  for (const LayoutShape& shape : shapes) {
    std::filesystem::remove_all(path);
    Good good(path);
    shape.spoil(good, scene.aim());
    judge(scene, shape, path);
  }
}

}  // namespace cloche::image::test
