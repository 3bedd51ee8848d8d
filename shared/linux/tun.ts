/**
 * TUN devices: a network interface whose other side is a descriptor. One read is one IP packet, one
 * write is one IP packet (IFF_NO_PI); with `offloads` a virtio header stands before it (wire/virtio-net.ts), and
 * it may be a run of packets that nobody has cut.
 */
import { constants } from 'node:fs'
import { must, SyscallError } from './errors.ts'
import {
  AF_INET,
  close,
  ioctl,
  ioctlValue,
  open,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  socket,
} from './libc.ts'

/**
 * A new device in the calling thread's network namespace; it vanishes when the answered descriptor
 * closes. Nonblocking, with carrier, not up, without addresses. Throws `SyscallError` when the kernel
 * refuses: EPERM without CAP_NET_ADMIN, EBUSY when the name is taken, ENOENT without the TUN driver.
 */
export function openTun(name: string, mtuBytes: number, offloads = false): number {
  const doing = `open TUN device ${name}`
  const fd = must(open('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK), doing, 'open')
  try {
    const request = interfaceRequest(name)
    const flags = IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL | (offloads ? IFF_VNET_HDR : 0)
    request.setUint16(IFREQ_UNION, flags, true)
    must(ioctl(fd, TUNSETIFF, bytesOf(request)), doing, 'ioctl(TUNSETIFF)')
    if (offloads) must(ioctlValue(fd, TUNSETOFFLOAD, OFFLOADS), doing, 'ioctl(TUNSETOFFLOAD)')
    setMtu(name, mtuBytes)
  } catch (error) {
    close(fd)
    throw error
  }
  return fd
}

/**
 * Runs of UDP too, out of a device that offloads and into it. False before Linux 6.2, which cuts them for itself
 * and takes none: one that is written is lost.
 */
export function offloadUdp(tun: number): boolean {
  return ioctlValue(tun, TUNSETOFFLOAD, OFFLOADS | OFFLOADS_UDP) >= 0
}

/** Plug the cable in or pull it: the kernel and everybody who watches the link is told. */
export function setTunCarrier(tun: number, on: boolean): void {
  const value = new Uint8Array(new Int32Array([on ? 1 : 0]).buffer)
  must(ioctl(tun, TUNSETCARRIER, value), 'set the carrier of a TUN device', 'ioctl(TUNSETCARRIER)')
}

/** No packet for the interface is larger from now on: the kernel tells who sends one. 0 or `-errno`. */
export function setLinkMtu(name: string, mtuBytes: number): number {
  return askInterface(name, SIOCSIFMTU, (union) => union.setInt32(0, mtuBytes, true))
}

/** Switch the interface on. 0 or `-errno`. */
export function switchOn(name: string): number {
  return askInterface(name, SIOCSIFFLAGS, (union) => union.setInt16(0, IFF_UP, true))
}

function setMtu(name: string, mtuBytes: number): void {
  const result = setLinkMtu(name, mtuBytes)
  if (result >= 0) return
  throw new SyscallError(`set the MTU of ${name} to ${mtuBytes}`, 'ioctl(SIOCSIFMTU)', result)
}

function askInterface(name: string, ask: number, fill: (union: DataView) => void): number {
  const door = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (door < 0) return door
  const request = interfaceRequest(name)
  fill(new DataView(request.buffer, request.byteOffset + IFREQ_UNION))
  const result = ioctl(door, ask, bytesOf(request))
  close(door)
  return result
}

/** struct ifreq: the name, then a union that the request interprets. */
function interfaceRequest(name: string): DataView {
  const bytes = Buffer.alloc(IFREQ_BYTES)
  if (name.length >= IFREQ_UNION) throw new RangeError(`Cannot name a device ${name}: too long`)
  bytes.write(name, 'latin1')
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

// linux/if_tun.h, linux/if.h, linux/sockios.h.
const IFF_TUN = 0x0001
const IFF_NO_PI = 0x1000
const IFF_VNET_HDR = 0x4000
const IFF_TUN_EXCL = 0x8000
const TUNSETIFF = 0x400454ca
const TUNSETCARRIER = 0x400454e2
const TUNSETOFFLOAD = 0x400454d0
/** Checksums, TCP over both families, also with ECN. */
const OFFLOADS = 0x0f
const OFFLOADS_UDP = 0x60
const SIOCSIFMTU = 0x8922
const SIOCSIFFLAGS = 0x8914
const IFF_UP = 0x1
const IFREQ_BYTES = 40
const IFREQ_UNION = 16
