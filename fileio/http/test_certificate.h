// Certificates for tests of TLS.
#ifndef ANNEAL_FILEIO_HTTP_TEST_CERTIFICATE_H_
#define ANNEAL_FILEIO_HTTP_TEST_CERTIFICATE_H_

#include <string>

#include "absl/time/time.h"

namespace anneal {

// Writes a key to `key_file` and a self-signed certificate for `address`, an IP
// address, valid from a day ago to `lifetime` from now (negative: expired), to
// `certificate_file`, in PEM. Dies where it can't.
void MakeCertificate(const std::string& address, absl::Duration lifetime,
                     const std::string& certificate_file,
                     const std::string& key_file);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_TEST_CERTIFICATE_H_
