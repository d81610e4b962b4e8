#pragma once

#include <boost/program_options.hpp>
#include <memory>

namespace kautopsy {

// Adds --no-pager.
void AddPagerOption(boost::program_options::options_description& options);
bool WantsPager(const boost::program_options::variables_map& arguments);

// While it lives, what is printed to std::cout goes through a pager once it is longer than the
// screen: $KAUTOPSY_PAGER, else $PAGER, else less, whose options are those of $LESS, else FRX. An
// empty one or cat means none. As git does, but that the pager is not started for what fits.
//
// Does nothing if it is not wanted, if standard output is no terminal, or a dumb one. A pager that
// cannot be started is passed over. One that is left early makes std::cout fail, quietly, so that
// whoever prints stops. Ends with the pager: what is told on stderr comes after it.
class Pager {
 public:
  explicit Pager(bool wanted);
  ~Pager();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;  // null: nothing to do
};

}  // namespace kautopsy
