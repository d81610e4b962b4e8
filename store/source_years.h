#pragma once

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Finds the years of all sources whose lines lack them, as YearsOfSet() does, by the places where
// they were found last, and dates their events and boots, and those of outdated sources. Events
// whose year changes have their incidents outdated. What comes out depends on what the store holds,
// not on the order in which it came there; a source whose place holds something else by now keeps
// its year. To be called after an ingest, outside a transaction; done once more it changes nothing.
Status DateSources(Database& database);

}  // namespace kautopsy
