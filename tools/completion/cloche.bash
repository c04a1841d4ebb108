# bash completion for cloche(1)

# Joins the words that bash has split at colons and equals signs: `words` and `cword`.
_cloche_words() {
  local i word
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i > 0)) && [[ $word == :* || ${words[-1]} == *: ]]; then
      words[-1]+=$word
    elif [[ $word != = ]]; then
      words+=("$word")
    elif ((i == COMP_CWORD)); then
      words+=("")
    fi
  done
  cword=$((${#words[@]} - 1))
}

# Listings are cheap: they read the profiles and no image.
_cloche_names() {
  "${words[0]}" languages --names "$@" 2>/dev/null
}

# The images of the store.
_cloche_present() {
  "${words[0]}" image list 2>/dev/null | awk 'NR > 1 { print $1 }'
}

# The images of the store, and those of the languages.
_cloche_images() {
  {
    _cloche_names images
    _cloche_present
  } | sort -u
}

# The value of an option that was given earlier on the line.
_cloche_given() {
  local i
  for ((i = 1; i < cword; i++)); do
    case " $1 " in *" ${words[i]} "*) echo "${words[i + 1]}"; return ;; esac
  done
}

# How many words after the subcommand of `image` are neither options nor their values.
_cloche_operands() {
  local i count=0
  for ((i = 3; i < cword; i++)); do
    case ${words[i]} in
      --name | --reference | --type | --tls-verify | --authfile | --max-* | --progress | --jobs | \
        -j | --older-than) ((i++)) ;;
      -*) ;;
      *) ((count++)) ;;
    esac
  done
  echo "$count"
}

_cloche_image_options() {
  local caps="--max-bytes --max-entries --max-path --max-depth --max-time"
  case $1 in
    build) echo "--all --force --check --jobs --progress --help" ;;
    pull) echo "--name --replace --tls-verify --authfile $caps --progress --help" ;;
    import) echo "--name --reference --type --replace $caps --progress --help" ;;
    export) echo "--reference --progress --help" ;;
    verify) echo "--json --progress --help" ;;
    list | ls) echo "--json --help" ;;
    prune) echo "--older-than --all --dry-run --json --help" ;;
    *) echo "--help" ;;
  esac
}

_cloche_options() {
  case $1 in
    run) echo "--language --languageVersion --code --solution-file --setup --setup-file --fixture
      --fixture-file --test-framework --file --entry-file --shell --bash-file --request --cases
      --timeout --memory --cpu-time --compile-timeout --compile-memory --compile-cpu-time --cpus --network --image --services --strict --stdin --format --compat --check --debug
      --help" ;;
    call) echo "--language --languageVersion --code --solution-file --setup --setup-file --file --entry
      --args --request --timeout --memory --cpu-time --cpus --network --image --strict --stdin
      --format --compat --help" ;;
    run-json) echo "--check --help" ;;
    exec) echo "--image --rootfs --env --bind --workdir --user --writable --writable-size --network
      --timeout --cpu-time --cpu-grace --memory --tasks --cpus --cpuset --io-max --disk --inodes
      --file-size --open-files --stack --output --output-limit-action --seccomp --json --stdout
      --stderr --strict --help" ;;
    serve) echo "--config --listen --tokens --auth-url --cores --memory --queue --log-format --log-level
      --no-playground --port-file --check --new-token --help" ;;
    languages | doctor) echo "--json --help" ;;
    seccomp) echo "explain list check --profile --arch --json --help" ;;
    image) echo "build sbom pull import export list ls inspect verify remove rm prune --help" ;;
    *) echo "run call run-json exec image languages serve doctor seccomp --help --version" ;;
  esac
}

_cloche_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# The words that may follow a subcommand of `image`: names, files or, if it takes neither, options.
_cloche_image() {
  local given
  given=$(_cloche_operands)
  if [[ $current != -* ]]; then
    case $subcommand/$given in
      import/0 | export/1) _cloche_files "$current" ;;
      export/0 | inspect/0 | sbom/0 | verify/* | remove/* | rm/*) offered=$(_cloche_present) ;;
      build/*) offered=$("${words[0]}" image build --names 2>/dev/null) ;;
      pull/0 | list/* | ls/* | prune/*) offered=$(_cloche_image_options "$subcommand") ;;
    esac
  else
    offered=$(_cloche_image_options "$subcommand")
  fi
}

_cloche() {
  local words cword offered="" language
  _cloche_words
  local current=${words[cword]} previous=${words[cword - 1]}
  local command="" subcommand=""
  ((cword > 1)) && command=${words[1]}
  ((cword > 2)) && [[ $command == image ]] && subcommand=${words[2]}
  COMPREPLY=()
  case $previous in
    -l | --language) offered=$(_cloche_names languages) ;;
    -lv | --languageVersion | --language-version | -t | --test-framework | --testFramework)
      language=$(_cloche_given "-l --language")
      case $previous in
        -t | --test*) offered=$(_cloche_names frameworks ${language:+--of "$language"}) ;;
        *) offered=$(_cloche_names versions ${language:+--of "$language"}) ;;
      esac
      ;;
    -fmt | --format) offered="tokens json tree junit tap" ;;
    --log-format) offered="text json" ;;
    --log-level) offered="debug info warning error" ;;
    --config | --tokens) _cloche_files "$current" ;;
    --output-limit-action) offered="truncate kill" ;;
    --network) offered="none loopback" ;;
    --compat) offered="codewars" ;;
    --seccomp | --profile) offered=$("${words[0]}" seccomp list --names 2>/dev/null) ;;
    --arch) offered="x86_64 aarch64 x86 x32" ;;
    --progress) offered="auto plain json none" ;;
    --type) offered="auto oci docker rootfs" ;;
    --tls-verify) offered="true false" ;;
    --image) offered=$(_cloche_images) ;;
    --solution-file | --fixture-file | --setup-file | --request | --cases | --rootfs | --file | --stdout | \
      --stderr | --authfile)
      _cloche_files "$current"
      return
      ;;
    -c | --code | -f | --fixture | -s | --setup | -sh | --shell | --bash | --timeout | --memory | \
      -e | --entry | -a | --args | --cpu-time | --compile-* | --cpus | --name | --max-* | --older-than | --reference | -j | --jobs)
      return
      ;;
    *)
      if [[ $command == exec && $previous == -i ]]; then
        offered=$(_cloche_images)
      elif [[ -n $subcommand ]]; then
        _cloche_image
      else
        offered=$(_cloche_options "$command")
      fi
      ;;
  esac
  [[ -z $offered ]] || mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current")
  # For readline the word begins after the last colon.
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}")
  fi
}

complete -F _cloche cloche
