while read -r line; do
  set -- $line
  echo "$# words, first: $1"
done
