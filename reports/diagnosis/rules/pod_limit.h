#pragma once

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// Control groups whose limits the kubelet writes, so that nobody else can change them.

// True if the limit is that of the group of all pods of a node, or of all of one class of service.
bool OfAllPods(const EventFacts& event);
// True if it is that of one pod or container, which its description tells.
bool OfPod(const EventFacts& event);

// What to do where all pods together reached their limit.
void AdviseNode(const EventFacts& event, Finding& finding);

}  // namespace kautopsy
