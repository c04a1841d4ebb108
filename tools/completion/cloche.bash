# bash completion for cloche(1)

_cloche_names() {
  # Listings are cheap: they read the profiles and no image.
  "${COMP_WORDS[0]}" languages --names "$@" 2>/dev/null
}

_cloche_images() {
  {
    _cloche_names images
    "${COMP_WORDS[0]}" image list 2>/dev/null | awk 'NR > 1 { print $1 }'
  } | sort -u
}

# The value of an option that was given earlier on the line.
_cloche_given() {
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case " $1 " in *" ${COMP_WORDS[i]} "*) echo "${COMP_WORDS[i + 1]}"; return ;; esac
  done
}

_cloche_options() {
  case $1 in
    run) echo "--language --languageVersion --code --solution-file --setup --setup-file --fixture
      --fixture-file --test-framework --file --entry-file --shell --bash-file --request --timeout
      --memory --cpus --network --image --services --strict --stdin --format --check --debug --help" ;;
    run-json) echo "--check --help" ;;
    exec) echo "--image --rootfs --env --bind --workdir --user --writable --writable-size --network --timeout --cpu-time --cpu-grace
      --memory --tasks --cpus --cpuset --io-max --disk --inodes --file-size --open-files --stack
      --output --output-limit-action --seccomp --json --stdout --stderr --strict --help" ;;
    languages | doctor) echo "--json --help" ;;
    seccomp) echo "explain list check --profile --arch --json --help" ;;
    image) echo "build sbom pull import export list inspect verify remove prune --name --reference
      --type --replace --tls-verify --authfile --max-bytes --max-entries --max-path --max-depth
      --max-time --progress --json --all --force --check --jobs --older-than --dry-run --help" ;;
    *) echo "run run-json exec image languages doctor seccomp --help --version" ;;
  esac
}

_cloche() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=""
  ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]}
  local words language
  COMPREPLY=()
  case $previous in
    -l | --language) words=$(_cloche_names languages) ;;
    -lv | --languageVersion | --language-version | -t | --test-framework | --testFramework)
      language=$(_cloche_given "-l --language")
      case $previous in
        -t | --test*) words=$(_cloche_names frameworks ${language:+--of "$language"}) ;;
        *) words=$(_cloche_names versions ${language:+--of "$language"}) ;;
      esac
      ;;
    -fmt | --format) words="default json pretty" ;;
    --output-limit-action) words="truncate kill" ;;
    --network) words="none loopback" ;;
    --seccomp | --profile) words=$("${COMP_WORDS[0]}" seccomp list --names 2>/dev/null) ;;
    --arch) words="x86_64 aarch64 x86 x32" ;;
    --progress) words="auto plain json none" ;;
    --type) words="auto oci docker rootfs" ;;
    --tls-verify) words="true false" ;;
    -srv | --services) words="mongodb redis" ;;
    --image) words=$(_cloche_images) ;;
    --solution-file | --fixture-file | --setup-file | --request | --rootfs | --file | --stdout | --stderr | --authfile)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    -c | --code | -f | --fixture | -s | --setup | -sh | --shell | --bash | --timeout | --memory | --cpus) return ;;
    --progress) words="auto plain json none" ;;
    build | sbom | inspect | export | verify | remove)
      [[ $command == image ]] && words=$(_cloche_images)
      ;;
    *) words=$(_cloche_options "$command") ;;
  esac
  [[ $command == exec && $previous == -i ]] && words=$(_cloche_images)
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _cloche cloche
