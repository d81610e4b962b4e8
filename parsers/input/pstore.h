#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/input/byte_source.h"

namespace kautopsy {

// A file of a folder where the kernel shows the logs that firmware or memory kept over a crash
// (/sys/fs/pstore), or where systemd-pstore has moved them (/var/lib/systemd/pstore/ID).
struct PstoreFile {
  std::string name;        // in the folder: "dmesg-efi-141643401603001"
  std::string first_line;  // without its newline; the kernel's own head: "Panic#1 Part3"
};

// One dump of the kernel's log. A backend stores it in parts, each as large as fits.
struct PstoreRecord {
  std::string title;               // "Panic#1"; empty if the kernel's head is missing
  std::vector<std::string> names;  // in the order that gives the log: the last part comes first
  std::vector<unsigned> missing;   // parts that must have been there, ascending
};

struct PstoreProblem {
  std::string name;
  std::string message;  // why the file cannot be read, and what to do
};

struct PstoreFolder {
  std::vector<PstoreRecord> records;  // in the order in which they were written, for each backend
  std::vector<PstoreProblem> problems;
  std::vector<std::string> duplicates;  // hold only what the records hold: systemd's dmesg.txt
  std::vector<std::string> others;      // no parts of a dump: consoles, anything else
};

// Why a duplicate is not read.
inline constexpr char kToldAgain[] = "tells again what stands in its parts";

// True for the name of a part of a dump, unpacked by the kernel or not.
bool IsPstoreName(std::string_view name);

// Sorts the files of one folder. Their order is of no consequence. Two dumps with the same title
// (each boot counts from 1) are told apart by the numbers in the names, and by parts that would be
// there twice.
PstoreFolder SortPstore(std::span<const PstoreFile> files);

// Gives the text of a record's files, opened in the order of its names, as one log: without the
// kernel's heads, so that a report that goes over from one part to the next is whole. The head
// lines in systemd's dmesg.txt are left out, too. A file that cannot be read further does not stop
// the others; its error comes at the end.
std::unique_ptr<ByteSource> JoinPstore(std::vector<std::unique_ptr<ByteSource>> parts);

}  // namespace kautopsy
