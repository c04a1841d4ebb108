#!/usr/bin/env python3
"""Bundles the playground: bundle.py ESBUILD PACKAGES OUTPUT DEPFILE

PACKAGES is the node_modules directory that tools/playground-packages made. Into OUTPUT go:

    index.html            the page
    policy.txt            the Content-Security-Policy to send with it, in one line
    licences.txt          of the packages that are in the bundle
    assets/NAME-HASH.*    what the page loads; a name never gets another content
    assets/*.gz           the same, compressed

Nothing is downloaded, and the same sources give the same bytes.
"""
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(SOURCE, "examples")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def write(text, *path):
    with open(os.path.join(*path), "w", encoding="utf-8") as file:
        file.write(text)


def run_esbuild(esbuild, packages, directory):
    """Writes scripts and styles to directory/assets; returns what esbuild tells of them."""
    told = os.path.join(directory, "told.json")
    subprocess.run(
        [
            esbuild, "main.js", "theme.js", "style/style.css", "--bundle", "--splitting", "--format=esm",
            "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none", "--log-level=warning",
            "--entry-names=[name]-[hash]", "--chunk-names=[name]-[hash]",
            "--outdir=" + os.path.join(directory, "assets"), "--metafile=" + told,
        ],
        cwd=SOURCE, env=dict(os.environ, NODE_PATH=packages), check=True)
    meta = json.loads(read(told))
    os.remove(told)
    return meta


def examples():
    """{language: {solution, setup, frameworks: {framework: {solution, setup, fixture, stdin}}}}

    Of each language examples/LANGUAGE holds `solution.EXT` and `setup.EXT`, which its frameworks
    share; `FRAMEWORK.EXT`, the tests; `FRAMEWORK.solution.EXT` and `FRAMEWORK.setup.EXT`, if it needs its
    own; and for a run without tests `program.EXT` and `program.stdin.txt`.
    """
    found = {}
    for language in sorted(os.listdir(EXAMPLES)):
        example = found[language] = {"frameworks": {}}
        for name in sorted(os.listdir(os.path.join(EXAMPLES, language))):
            text = read(EXAMPLES, language, name)
            if not name.endswith(".txt"):
                text = text.rstrip("\n")
            framework, *part = name.split(".")[:-1]
            if framework in ("solution", "setup"):
                example[framework] = text
                continue
            usual = "solution" if framework == "program" else "fixture"
            example["frameworks"].setdefault(framework, {})[part[0] if part else usual] = text
    return found


def licences(meta, packages):
    """The licences of the packages of which something is in the bundle."""
    names = set()
    for path in meta["inputs"]:
        if match := re.search(r"/node_modules/((?:@[^/]+/)?[^/]+)/", "/" + path):
            names.add(match[1])
    parts = ["The playground holds code of these packages.\n"]
    for name in sorted(names):
        directory = os.path.join(packages, name)
        package = json.loads(read(directory, "package.json"))
        files = [file for file in sorted(os.listdir(directory)) if re.match(r"(?i)(licen[cs]e|copying|notice)", file)]
        if not files:
            sys.exit(f"bundle.py: the package {name} has no licence file")
        parts.append(f"{'=' * 70}\n{name} {package['version']} ({package.get('license', 'see below')})\n\n" +
                     "\n".join(read(directory, file) for file in files))
    return "\n".join(parts)


def compress(directory):
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), "rb") as file:
            content = file.read()
        with open(os.path.join(directory, name + ".gz"), "wb") as file:
            file.write(gzip.compress(content, 9, mtime=0))


def page(meta, example_name, policy):
    entries, preloads = {}, []
    for path, output in meta["outputs"].items():
        name = "assets/" + os.path.basename(path)
        entry = output.get("entryPoint")
        if entry in ("main.js", "theme.js", "style/style.css"):
            entries[entry] = name
        if entry == "main.js":
            preloads = [
                f'<link rel="modulepreload" href="assets/{os.path.basename(each["path"])}">'
                for each in output["imports"] if each["kind"] == "import-statement"
            ]
    # In a document, frame-ancestors has no meaning.
    inner = re.sub(r"frame-ancestors [^;]*; ", "", policy)
    html = read(SOURCE, "index.html")
    for mark, value in {
            "EXAMPLES": "assets/" + example_name, "POLICY": inner, "THEME": entries["theme.js"],
            "STYLE": entries["style/style.css"], "MAIN": entries["main.js"], "PRELOADS": "\n".join(preloads),
    }.items():
        html = html.replace(f"@{mark}@", value)
    return html


def dependencies(meta):
    """Every file that counts, and the directories in which one could be added."""
    paths = [os.path.join(SOURCE, path) for path in meta["inputs"]]
    paths += [os.path.join(SOURCE, name) for name in ("bundle.py", "index.html", "policy.txt")]
    for directory, _, files in os.walk(EXAMPLES):
        paths += [directory] + [os.path.join(directory, file) for file in files]
    return sorted(os.path.normpath(path) for path in paths)


def main():
    esbuild, packages, output, depfile = sys.argv[1:]
    os.makedirs(output, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        meta = run_esbuild(esbuild, packages, directory)
        assets = os.path.join(directory, "assets")
        text = json.dumps(examples(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        example_name = f"examples-{hashlib.sha256(text.encode()).hexdigest()[:8].upper()}.json"
        write(text, assets, example_name)
        compress(assets)
        policy = " ".join(read(SOURCE, "policy.txt").split())
        write(policy + "\n", directory, "policy.txt")
        write(licences(meta, packages), directory, "licences.txt")
        write(page(meta, example_name, policy), directory, "index.html")
        shutil.rmtree(os.path.join(output, "assets"), ignore_errors=True)
        shutil.copytree(directory, output, dirs_exist_ok=True, copy_function=shutil.copyfile)
        os.chmod(output, 0o755)
    write("index.html: " + " ".join(path.replace(" ", "\\ ") for path in dependencies(meta)) + "\n", depfile)


main()
