// Names of images, which become names of files.
#include "fuzz.h"
#include "image/reference.h"

using namespace cloche::image;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string name(fuzz::text_of(data, size));
  const std::string back = name_of_file(name);
  if (!back.empty() && name.find('/') == std::string::npos)
    fuzz::demand(file_name_of(back) == name, "a file has one name");
  if (!fuzz::accepts({cloche::ErrorKind::usage}, [&] { check_name(name); })) return 0;
  const std::string file = file_name_of(name);
  fuzz::demand(name_of_file(file) == name, "a name is found again");
  fuzz::demand(file.size() <= 255 && file[0] != '.' && file.find('/') == std::string::npos &&
                   file.find('\0') == std::string::npos,
               "a name is the name of one plain file");
  return 0;
}
