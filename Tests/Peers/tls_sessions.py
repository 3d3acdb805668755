# SPDX-License-Identifier: Apache-2.0
"""Connects twice over TLS, the second time with the session of the first: PORT FOLDER NAME VERSION HEX_REQUEST.

Prints for each connection whether the session was resumed, the version, the suite, and the answer in hex.
"""
import socket
import ssl
import sys

port, folder, name, version, request = sys.argv[1:6]
context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
context.maximum_version = context.minimum_version = getattr(ssl.TLSVersion, version)
session = None
for _ in range(2):
    plain = socket.create_connection(("127.0.0.1", int(port)), timeout=10)
    secure = context.wrap_socket(plain, server_hostname="localhost", session=session)
    secure.sendall(bytes.fromhex(request))
    answer = secure.recv(300)
    # With TLS 1.3 the ticket came with or before the answer.
    session = secure.session
    print("resumed" if secure.session_reused else "new", secure.version(), secure.cipher()[0], answer.hex(), flush=True)
    secure.close()
