# To be sourced: require PROGRAM PACKAGE… for each program, then install_missing.

packages=()
require() {
    command -v "$1" >/dev/null || packages+=("${@:2}")
}

install_missing() {
    if ((${#packages[@]} > 0)); then
        echo "installing ${packages[*]}"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
    fi
}

require_build() {
    require cmake cmake
    require make make
    require gcc gcc libc6-dev
    require javac openjdk-17-jdk-headless
    require mvn maven
    require python3 python3 # workers in the tests, and the tests of evloop.py
}
