"""Adds up counts, a file a text, each line of which is a number and a word."""

import collections
import json
import pathlib
import sys

folder, words, metrics = sys.argv[1:]
total = collections.Counter()
for path in sorted(pathlib.Path(folder).iterdir()):
    for line in path.read_text().splitlines():
        number, word = line.split()
        total[word] += int(number)
with open(words, "w") as file:
    file.write("word,count\n" + "".join(f"{word},{count}\n" for word, count in total.most_common()))
json.dump({"words": sum(total.values()), "distinct": len(total)}, open(metrics, "w"))
