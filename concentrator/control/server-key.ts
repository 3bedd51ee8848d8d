/**
 * What the concentrator shows homes to prove that it is itself: a key and a certificate. They are made at the
 * first start and kept in `stateDirectory`, unless the operator has others.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sentenceOf } from '../../shared/daemon/log.ts'
import { replaceFile } from '../../shared/linux/whole-file.ts'
import { pinOf } from '../../shared/session/pin.ts'
import { encodeCertificate, encodeToBeSigned } from '../../shared/wire/certificate.ts'

export interface ServerKey {
  readonly key: string
  readonly certificate: string
  /** What homes pin. */
  readonly pin: string
}

/** Throws a sentence when there is one that cannot be used: homes know it, and would know no other. */
export function keptServerKey(stateDirectory: string): ServerKey {
  const file = join(stateDirectory, KEY_FILE)
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    pem = newKey()
    mkdirSync(stateDirectory, { recursive: true })
    // Key and certificate in one file: after a crash there are both or neither.
    replaceFile(file, pem, 0o600)
  }
  return serverKey(pem, pem, file)
}

/** The operator's own, by the names of its files. */
export function readServerKey(keyFile: string, certificateFile: string): ServerKey {
  return serverKey(readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8'), keyFile)
}

function serverKey(key: string, certificate: string, file: string): ServerKey {
  try {
    const privateKey = createPrivateKey(key)
    if (!new X509Certificate(certificate).checkPrivateKey(privateKey)) {
      throw new Error('the certificate is of another key')
    }
    return { key, certificate, pin: pinOf(createPublicKey(privateKey)) }
  } catch (error) {
    const why = sentenceOf(error)
    throw new Error(`Cannot use ${file}: ${why}; put it right, or remove it and pin the new one`, {
      cause: error,
    })
  }
}

function newKey(): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const toBeSigned = encodeToBeSigned('hybridge concentrator', spki, randomBytes(16))
  const signature = sign('sha256', toBeSigned, privateKey)
  const der = Buffer.from(encodeCertificate(toBeSigned, signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  const certificate = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}${certificate}`
}

const KEY_FILE = 'concentrator-key.pem'
