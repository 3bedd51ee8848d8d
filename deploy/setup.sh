#!/bin/sh
# Makes this machine able to run the demo, the lab and the tests: npm packages and Debian packages.
# Does nothing, quickly, when nothing is missing.
#
#   sh deploy/setup.sh            say what is done
#   sh deploy/setup.sh --quiet    say only what is wrong
#   sh deploy/setup.sh --check    say what is missing, change nothing
#
# POSIX sh. In order: the machine and its kernel, which we cannot mend; then what we can install.
set -u

quiet=no
check=no
for argument in "$@"; do
  case $argument in
    --quiet) quiet=yes ;;
    --check) check=yes ;;
    *)
      echo "setup: unknown option $argument; known are --quiet and --check" >&2
      exit 2
      ;;
  esac
done

top=$(cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
PATH=$PATH:/usr/sbin:/sbin
missing=0

main() {
  check_machine
  [ $missing -eq 0 ] || [ $check = yes ] || exit 1
  install_npm_packages
  build_page
  install_debian_packages
  # The kernel's nftables can be asked only when nft is there.
  check_nftables
  [ $missing -eq 0 ] || exit 1
  say 'everything is there'
}

check_machine() {
  if [ "$(uname -s)" != Linux ]; then
    wrong "this is $(uname -s), and the kernel's Multipath TCP is Linux's; use a Linux machine or virtual machine"
    return
  fi
  [ "$(id -u)" -eq 0 ] ||
    wrong 'network namespaces need root; run the same command as root, for example with sudo'
  check_mptcp
  check_tun
}

check_mptcp() {
  if [ ! -e /proc/sys/net/mptcp/enabled ]; then
    wrong "kernel $(uname -r) is built without Multipath TCP; boot one with CONFIG_MPTCP=y and CONFIG_MPTCP_IPV6=y (Debian 12 and Ubuntu 22.04 kernels have both)"
  elif read -r enabled </proc/sys/net/mptcp/enabled && [ "$enabled" != 1 ]; then
    wrong 'Multipath TCP is switched off; switch it on: sysctl -w net.mptcp.enabled=1'
  elif [ ! -e /proc/sys/net/mptcp/pm_type ]; then
    wrong "kernel $(uname -r) has no userspace path manager (net.mptcp.pm_type); boot 5.19 or newer"
  fi
}

check_tun() {
  if [ ! -c /dev/net/tun ]; then
    wrong 'there is no /dev/net/tun; load it (modprobe tun), or give it to this container (--device /dev/net/tun)'
  elif [ "$(id -u)" -eq 0 ] && ! (: <>/dev/net/tun) 2>/dev/null; then
    wrong '/dev/net/tun cannot be opened; load the module (modprobe tun), or build the kernel with CONFIG_TUN'
  fi
}

# A dry run of what the daemon asks of the kernel; -c changes nothing.
check_nftables() {
  command -v nft >/dev/null && [ "$(id -u)" -eq 0 ] || return 0
  nft -c 'table inet hybridge-check {
    chain prerouting {
      type filter hook prerouting priority -150; policy accept;
      ct direction original meta l4proto tcp tproxy to :1 meta mark set ct mark
      symhash mod 2 0 limit rate over 1/second reject with icmpx type host-unreachable
    }
    chain postrouting { type nat hook postrouting priority 100; masquerade; }
  }' 2>/dev/null ||
    wrong "the kernel refuses nftables rules with tproxy, ct, masquerade, reject, hash and limit; it needs CONFIG_NF_TABLES_INET, CONFIG_NFT_TPROXY, CONFIG_NFT_CT, CONFIG_NFT_MASQ, CONFIG_NFT_REJECT_INET, CONFIG_NFT_HASH and CONFIG_NFT_LIMIT, and this user CAP_NET_ADMIN"
}

install_npm_packages() {
  installed=$top/node_modules/.package-lock.json
  if [ -e "$installed" ] && [ ! "$top/package-lock.json" -nt "$installed" ]; then
    check_node
    return
  fi
  if [ $check = yes ]; then
    wrong 'the npm packages are missing or older than package-lock.json; run npm run setup'
    return
  fi
  command -v npm >/dev/null || fail 'there is no npm; install it (apt-get install npm) and come back'
  say 'installing npm packages (npm ci)'
  # npm runs on the Node it came with: the one in node_modules is about to be replaced.
  (cd "$top" && PATH=$(path_without_ours) npm ci --no-audit --no-fund --loglevel=error >&2) ||
    fail 'npm ci failed; its own words stand above. Is the registry reachable (npm ping)?'
  check_node
}

# The runtime is an npm package (docs/adr/0001-node-24-through-npm.md). npm 9 and 10 take its link away
# again, together with the package for the other architecture, whose link has the same name.
check_node() {
  node=$top/node_modules/.bin/node
  for binary in "$top"/node_modules/node-linux-*/bin/node; do
    [ -x "$binary" ] && [ ! -e "$node" ] || continue
    if [ $check = yes ]; then
      wrong 'node_modules/.bin/node is missing; run npm run setup'
      return
    fi
    ln -sf "../${binary#"$top"/node_modules/}" "$node"
  done
  [ -x "$node" ] || node=$(command -v node) || node=false
  case $("$node" --version 2>/dev/null) in
    v2[4-9].* | v[3-9][0-9].*) ;;
    *) wrong "npm has no Node 24 for $(uname -m); install Node 24 or newer yourself" ;;
  esac
}

# What the browser loads from the page in the home (docs/adr/0050-a-page-that-is-built-here.md).
build_page() {
  script=$top/cpe/control/page/built/page.js
  newer=$(find "$top/cpe/control/page" "$top/shared/core/speed-result.ts" "$top/shared/core/leg.ts" \
    -newer "$script" -name '*.[tc]s*' 2>/dev/null || echo all)
  [ -e "$script" ] && [ -z "$newer" ] && return
  if [ $check = yes ]; then
    wrong 'the page in the home is not built, or is older than its sources; run npm run page'
    return
  fi
  [ -x "$top/node_modules/.bin/esbuild" ] || return 0
  say 'building the page in the home'
  (cd "$top" && "$node" deploy/page/build.ts) || fail 'the page in the home could not be built'
}

path_without_ours() {
  printf '%s' "$PATH" | tr ':' '\n' | grep -v 'node_modules/\.bin$\|/node-gyp-bin$' | paste -s -d: -
}

install_debian_packages() {
  packages=$(missing_packages)
  [ -n "$packages" ] || return 0
  if [ $check = yes ]; then
    wrong "these Debian packages are missing: $packages; run npm run setup"
    return
  fi
  command -v apt-get >/dev/null ||
    fail "this is no Debian, so install by hand what these Debian packages bring: $packages"
  say "installing Debian packages: $packages"
  apt_get update ||
    echo 'setup: apt-get update failed; going on with the package lists that are there' >&2
  # shellcheck disable=SC2086 # One word is one package.
  without_services apt_get install --yes --no-install-recommends $packages ||
    fail "apt-get could not install $packages; its own words stand above. Is the mirror reachable?"
  packages=$(missing_packages)
  [ -z "$packages" ] || fail "apt-get installed, yet what these packages bring is not in PATH: $packages"
}

# The packages whose command is not there: quicker than dpkg, and right on other systems too.
missing_packages() {
  between=
  while read -r package command; do
    command -v "$command" >/dev/null && continue
    printf '%s%s' "$between" "$package"
    between=' '
  done <<'END'
nftables nft
iproute2 ip
dnsmasq-base dnsmasq
conntrack conntrack
iperf3 iperf3
curl curl
iputils-ping ping
procps sysctl
haproxy haproxy
mptcpize mptcpize
tcpdump tcpdump
tshark tshark
openssh-client ssh
openssh-server sshd
wget wget
bind9-dnsutils dig
redis-server redis-server
prometheus promtool
chromium chromium
freeradius freeradius
freeradius-utils radclient
END
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" >&2
}

# We want the programs: no sshd or haproxy shall listen on this machine because of us.
without_services() {
  if [ -e /usr/sbin/policy-rc.d ]; then
    "$@"
    return
  fi
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  "$@"
  status=$?
  rm -f /usr/sbin/policy-rc.d
  trap - EXIT INT TERM
  return $status
}

say() {
  [ $quiet = yes ] || echo "setup: $1"
}

# Something to mend before anything can run: named, and we look for more.
wrong() {
  echo "setup: $1" >&2
  missing=1
}

fail() {
  wrong "$1"
  exit 1
}

main
