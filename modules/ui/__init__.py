"""The page: what a person sees, touches and hears in the browser, and the same actions as named endpoints.

Owns Gradio components, their wiring, the pictures (SVG), the theme and the folders from which results are served.
Refuses to know how anything is listened to or composed: the engine and the listeners are injected (`listeners.py`),
so no torch is imported here. A tab is `build()` (components in a dataclass) and `connect(tab, listeners)`. Everything
a person gives or gets is held per browser session, in `gr.State` (plain data) and in folders with unguessable names.
"""
