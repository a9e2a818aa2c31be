import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that this machine alone can reach. */
export interface LoopbackServer {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** Ends what is still open, too. */
  close(): Promise<void>
}

/** Has `server` listen to this machine alone, at any free port for port 0. Throws if the port is taken. */
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
 * The body of a request; longer than `maximum` bytes if the request is, but then not all of it. It reads on past the limit
 * without keeping anything: a sender that is cut off would never see why.
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
