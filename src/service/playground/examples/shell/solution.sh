# Counts the words that are given as arguments, the most frequent first.
for word in "$@"; do
  echo "$word"
done | sort | uniq -c | sort -k1,1nr -k2 | awk '{ print $2 ": " $1 }'
