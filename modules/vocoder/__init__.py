"""The vocoder room: turns a Performance into stems, one per lane, float32 stereo at 44.1 kHz. It owns the singing
voice (WORLD over shipped diphone banks), the sampled instruments and the synths, and refuses to know how they are
mixed or who composed the notes. Times are seconds, pitches MIDI numbers, randomness comes from the take's seed."""
