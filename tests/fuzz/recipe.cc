// Recipes of images: a base and a document over it.
#include "image/build/recipe.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto texts = fuzz::pieces(fuzz::text_of(data, size));
  fuzz::accepts({cloche::ErrorKind::bad_data}, [&] {
    const auto recipe =
        cloche::image::parse_recipe("input", texts.front(), "base", texts.back(), "own");
    fuzz::demand(!recipe.suite.empty() && recipe.suite[0] != '-', "a suite is no option");
    for (const auto& package : recipe.packages)
      fuzz::demand(!package.empty() && package[0] != '-', "a package is no option");
    for (const auto& [path, content] : recipe.files)
      fuzz::demand(path[0] == '/' && path.find("..") == std::string::npos,
                   "a file is below the root");
  });
  return 0;
}
