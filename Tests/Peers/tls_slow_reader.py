# SPDX-License-Identifier: Apache-2.0
"""Sends requests over TLS and never reads an answer: PORT FOLDER NAME HEX_REQUEST; prints "ended" when the server ends it."""
import socket
import ssl
import sys

port, folder, name, request = sys.argv[1:5]
context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
plain = socket.create_connection(("127.0.0.1", int(port)), timeout=50)
secure = context.wrap_socket(plain, server_hostname="localhost")
try:
    while True:
        secure.sendall(bytes.fromhex(request) * 100)
except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
    print("ended", flush=True)
