#pragma once
// The signalling files of the contract: whole lines out to `<name>.out`, whole lines in from `<name>.in`, and the marks
// `.ready`, `.go` and `.done`.
#include <string>
#include <vector>

namespace punchlab::contract {

class Signalling {
 public:
  /// Throws std::system_error when the directory cannot be watched or written.
  Signalling(std::string directory, std::string name, std::string peer);
  ~Signalling();
  Signalling(const Signalling&) = delete;
  Signalling& operator=(const Signalling&) = delete;

  /// Readable when something in the directory has changed since `clear`.
  int descriptor() const { return watch_; }
  void clear();

  void mark_ready() { mark(name_ + ".ready"); }
  void mark_done() { mark(name_ + ".done"); }
  bool may_go() const { return exists(name_ + ".go"); }
  bool peer_done() const { return exists(peer_ + ".done"); }
  /// Appends `line` and its end in one write.
  void say(const std::string& line);
  /// The peer's lines that are new and whole.
  std::vector<std::string> heard();

 private:
  void mark(const std::string& file);
  bool exists(const std::string& file) const;

  std::string directory_, name_, peer_;
  int watch_ = -1;
  int out_ = -1;
  int in_ = -1;
  std::string rest_;  ///< of a line that is not whole yet
};

}  // namespace punchlab::contract
