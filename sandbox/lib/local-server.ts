import type { Server } from 'node:http'
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
