// Separates what an enterprise says into opinions (FBK-10).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "jinqi/feedback/v1/records.pb.h"

namespace jinqi::feedback {

// The opinions of a text, in its order: it is split at punctuation and before words that turn, each clause is
// classified by the rules, and neighbours of one kind about one matter are one opinion. A clause that praises and
// blames is a defect: blame is not lost. What is about nothing in particular is about how the order was handled, for
// `main_undertaker`.
std::vector<v1::ProposedOpinion> ProposeOpinions(std::string_view text, const v1::OpinionRules& rules,
                                                 const std::string& main_undertaker);

}  // namespace jinqi::feedback
