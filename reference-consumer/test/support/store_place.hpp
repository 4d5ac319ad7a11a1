#ifndef KOLLECT_CONSUMER_TEST_STORE_PLACE_HPP
#define KOLLECT_CONSUMER_TEST_STORE_PLACE_HPP

#include "store/store.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace kollect::consumer::test {

/// A place of its own where a store can be opened again and again; what is in it goes away with it.
class store_place {
public:
  virtual ~store_place() = default;

  /// Opens it for writing. Where only one process may write, the store opened before must be gone.
  virtual result<std::unique_ptr<store>> open(std::string_view owner) = 0;
  /// Opens it for writing while it is open, as commands do beside a consumer.
  virtual result<std::unique_ptr<store>> open_beside() = 0;
  virtual result<std::unique_ptr<store_reader>> open_reader() = 0;

  /// From now on written rows are counted: inserted, updated or deleted ones, by table.
  virtual void watch_writes() = 0;
  /// The counts since they were last taken; tables without any are left out.
  virtual std::map<std::string, std::int64_t> take_writes() = 0;

  /// Every table's every row, as text, for comparisons of before and after.
  virtual std::string dump() = 0;
};

/// One kind of store, for the suites that all kinds have to pass.
struct store_kind {
  std::string name;
  std::function<std::unique_ptr<store_place>()> make_place;

  friend std::ostream& operator<<(std::ostream& out, const store_kind& kind) { return out << kind.name; }
};

/// A new SQLite file in a temporary directory.
std::unique_ptr<store_place> make_sqlite_place();

/// A new store in memory.
std::unique_ptr<store_place> make_memory_place();

/// The kind of store that this test program is about: sqlite_default.cpp, postgresql_default.cpp or
/// memory_default.cpp.
std::unique_ptr<store_place> make_default_place();

} // namespace kollect::consumer::test

#endif
