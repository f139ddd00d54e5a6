"""The window: widgets that show what they are given and signal what is wanted of them.

Knows no SQL, no HTTP and no engine: questions go out and answers come in through `ports`, events
through `live`, and wishes as signals that `app` connects.
"""
