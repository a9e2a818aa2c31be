import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that only this machine can reach. */
export interface LoopbackServer {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** Also ends open connections. */
  close(): Promise<void>
}

/** Makes `server` listen on 127.0.0.1; port 0 takes any free port. Throws if the port is taken. */
export async function listenOnLoopback(server: Server, port: number): Promise<LoopbackServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/**
 * Reads the body of a request. If it exceeds `maximum` bytes, the result is cut somewhere after `maximum`; the rest is read
 * and dropped, because a sender whose connection is closed early never sees the answer.
 */
export async function requestBody(request: IncomingMessage, maximum: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (size <= maximum) chunks.push(chunk)
    size += chunk.length
  }
  return Buffer.concat(chunks)
}
