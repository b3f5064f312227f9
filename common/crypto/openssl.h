// What the room's files share of OpenSSL. A call that fails here can only have run out of memory or met a broken
// library: there is no safe way on, so the process ends.
#pragma once

#include <openssl/evp.h>

namespace jinqi::crypto {

void Require(int result);

// Fetched once for the process: a fetch by name costs more than a digest.
const EVP_MD* Sm3Algorithm();
const EVP_CIPHER* Sm4CtrAlgorithm();

}  // namespace jinqi::crypto
