// Boost.JSON without its library: in one file of the program.
#include <boost/json/src.hpp>
