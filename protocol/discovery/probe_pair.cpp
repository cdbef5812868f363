#include "protocol/discovery/probe_pair.hpp"

namespace punchlab::discovery {

void ProbePair::start(Kind kind) {
  kind_ = kind;
  step_ = 0;
  tries_ = 0;
  subject_mapped_ = {};
}

std::optional<Step> ProbePair::prepare(Time now, const Outcome& last, Context& context) {
  if (step_ == 0) {
    if (!has_observer_) observer_socket_ = context.open();
    has_observer_ = true;
    step_ = 1;
    return Exchange{observer_socket_, context.server().at(0), observer_socket_};
  }
  if (step_ == 1) {
    if (!last.answered) return std::nullopt;
    observer_ = last.mapped;
  }
  return kind_ == Kind::unreplied ? prepare_unreplied(now, last, context) : prepare_replied(now, last, context);
}

std::optional<Step> ProbePair::prepare_unreplied(Time, const Outcome& last, Context& context) {
  if (step_ == 2 && last.answered) {
    subject_mapped_ = last.mapped;
    since_ = last.sent;
    return std::nullopt;
  }
  if (tries_++ == kMostTries) return std::nullopt;
  subject_ = context.open();
  step_ = 2;
  return refresh_outbound(context);
}

std::optional<Step> ProbePair::prepare_replied(Time now, const Outcome& last, Context& context) {
  const Exchange plain{subject_, context.server().at(0), subject_};
  switch (step_) {
    case 2:
      if (!last.answered) return std::nullopt;
      if (last.mapped.address != observer_.address) break;  // arbitrary pooling: another socket
      step_ = 3;
      return Wait{now + kSettle};
    case 3:
      step_ = 4;
      return plain;
    case 4:
      if (!last.answered) return std::nullopt;
      subject_mapped_ = last.mapped;
      since_ = now;  // the answer may have refreshed it too
      return std::nullopt;
    default:
      break;
  }
  if (tries_++ == kMostTries) return std::nullopt;
  subject_ = context.open();
  step_ = 2;
  return Exchange{subject_, context.server().at(0), subject_};
}

Step ProbePair::ask_whether_alive(Context& context) const {
  return Exchange{observer_socket_, context.server().at(0), subject_, Change::nothing, subject_mapped_.port};
}

Step ProbePair::refresh_outbound(Context& context) const {
  return Exchange{subject_, context.server().at(0), observer_socket_, Change::nothing, observer_.port};
}

std::optional<Step> ProbePair::observe(const Outcome& last, Context& context) {
  if (observing_ > 0) {
    observer_ = last.mapped;
    if (last.answered && observer_.address == subject_mapped_.address) return std::nullopt;
    if (observing_ == kMostTries) return std::nullopt;
    observer_socket_ = context.open();
  }
  ++observing_;
  return Exchange{observer_socket_, context.server().at(0), observer_socket_};
}

}  // namespace punchlab::discovery
