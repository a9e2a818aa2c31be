import { spawn } from 'node:child_process'
import { Agent } from 'node:https'
import nodeFetch from 'node-fetch'
import { generate } from 'selfsigned'
import { routeTo } from '../../simulators/posthog/fetch'
import type { Fetch, FetchInit } from '../../simulators/posthog/fetch'

type FetchWithAgent = (url: string, init: FetchInit & { agent: Agent }) => ReturnType<Fetch>

const serverScript = `
  const answer = (request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"success":true}'))
  }
  process.stdin.once('data', (certificate) => {
    const server = require('node:https').createServer(JSON.parse(certificate), answer)
    server.listen(0, '127.0.0.1', () => console.log(server.address().port))
  })
`

/** A server that takes every request, in a process of its own: its processor time is not the app's. */
export interface LoopbackLoops {
  /**
   * node-fetch, as the servers use it, with Loops' address led to this server. Each request opens a TLS connection, as on the
   * servers' Node.js 14 to 18, whose agent keeps none alive.
   */
  readonly fetch: Fetch
  readonly stop: () => void
}

/** Starts the server, with a certificate of its own. */
export async function startLoopbackLoops(): Promise<LoopbackLoops> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keySize: 2048 })
  const child = spawn(process.execPath, ['-e', serverScript], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ key, cert }))
  const port = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new Error(`The server for the benchmark ended with code ${code ?? 'none'}.`))
    })
    child.stdout.once('data', (data: Buffer) => {
      resolve(String(data).trim())
    })
  })
  const agent = new Agent({ ca: cert, checkServerIdentity: () => undefined })
  const fetchByTls: Fetch = (url, init) => (nodeFetch as unknown as FetchWithAgent)(url, { ...init, agent })
  return {
    fetch: routeTo('https://app.loops.so', `https://127.0.0.1:${port}`, fetchByTls),
    stop: () => {
      child.kill()
    },
  }
}
