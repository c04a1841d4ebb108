#include "image/reference.h"

#include "catch.h"
#include "cloche/error.h"

using cloche::image::check_name;
using cloche::image::file_name_of;
using cloche::image::name_of_file;

TEST_CASE("names of images") {
  for (const char* name : {"python", "my/python:3.12", "a.b-c_d", "localhost:5000/x/y:1",
                           "localhost:5000/x", "a:1", "0"})
    CHECK_NOTHROW(check_name(name));
  const std::string bad[] = {"",
                             ".",
                             "..",
                             "../x",
                             "a/../b",
                             "/etc",
                             "a/",
                             "a//b",
                             "-x",
                             "a b",
                             "a\nb",
                             std::string("a\0b", 3),
                             "a:",
                             "a:b:c",
                             ":a",
                             "a/b:1/c",
                             "a:/b",
                             "a/b:",
                             "a:.b",
                             "a%b",
                             "a/.b",
                             "\x7f",
                             "\xc3\xa9",
                             "a;b",
                             std::string(201, 'a')};
  for (const std::string& name : bad) CHECK_THROWS_AS(check_name(name), cloche::Error);
}

TEST_CASE("a name makes one file name, and comes back from it") {
  CHECK(file_name_of("my/python:3.12") == "my%python:3.12.json");
  CHECK(name_of_file("my%python:3.12.json") == "my/python:3.12");
  for (const char* file : {".json", "..json", "x", "x.json~", ".hidden.json"})
    CHECK(name_of_file(file).empty());
}
