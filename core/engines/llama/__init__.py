"""The llama.cpp engine: GGUF models on the CPU or GPU, many conversations in one batch.

`native` is the only module of Outpost that imports llama_cpp. `runner` owns a context on a thread
of its own and batches all conversations into one decode per step; `engine` is the face.
"""
