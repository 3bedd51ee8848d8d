/**
 * TUN devices: a network interface whose other side is a descriptor. One read is one IP packet, one
 * write is one IP packet (IFF_NO_PI, no virtio header).
 */
import { constants } from 'node:fs'
import { must, SyscallError } from './errors.ts'
import { AF_INET, close, ioctl, open, SOCK_CLOEXEC, SOCK_DGRAM, socket } from './libc.ts'

/**
 * A new device in the calling thread's network namespace; it vanishes when the answered descriptor
 * closes. Nonblocking, with carrier, not up, without addresses. Throws `SyscallError` when the kernel
 * refuses: EPERM without CAP_NET_ADMIN, EBUSY when the name is taken, ENOENT without the TUN driver.
 */
export function openTun(name: string, mtuBytes: number): number {
  const doing = `open TUN device ${name}`
  const fd = must(open('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK), doing, 'open')
  try {
    const request = interfaceRequest(name)
    request.setUint16(IFREQ_UNION, IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL, true)
    must(ioctl(fd, TUNSETIFF, bytesOf(request)), doing, 'ioctl(TUNSETIFF)')
    setMtu(name, mtuBytes)
  } catch (error) {
    close(fd)
    throw error
  }
  return fd
}

/** Plug the cable in or pull it: the kernel and everybody who watches the link is told. */
export function setTunCarrier(tun: number, on: boolean): void {
  const value = new Uint8Array(new Int32Array([on ? 1 : 0]).buffer)
  must(ioctl(tun, TUNSETCARRIER, value), 'set the carrier of a TUN device', 'ioctl(TUNSETCARRIER)')
}

function setMtu(name: string, mtuBytes: number): void {
  const doing = `set the MTU of ${name} to ${mtuBytes}`
  const door = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), doing, 'socket')
  const request = interfaceRequest(name)
  request.setInt32(IFREQ_UNION, mtuBytes, true)
  const result = ioctl(door, SIOCSIFMTU, bytesOf(request))
  close(door)
  if (result < 0) throw new SyscallError(doing, 'ioctl(SIOCSIFMTU)', result)
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
const IFF_TUN_EXCL = 0x8000
const TUNSETIFF = 0x400454ca
const TUNSETCARRIER = 0x400454e2
const SIOCSIFMTU = 0x8922
const IFREQ_BYTES = 40
const IFREQ_UNION = 16
