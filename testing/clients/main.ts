// What a program does with a generated client: node main.js URL OPERATOR_KEY

import assert from 'node:assert/strict'
import createClient, { type Client } from 'openapi-fetch'
import type { paths } from './ringbook.js'

const [baseUrl = '', operatorKey = ''] = process.argv.slice(2)

/** Of the forms of an answer, the ones that the client reads. */
type Media = 'application/json' | 'application/problem+json'

/** A client with credentials. */
function client(authorization: string): Client<paths, Media> {
    return createClient<paths, Media>({ baseUrl, headers: { Authorization: authorization } })
}

/** A client of the account that this program makes. */
function account(key: string | null): Client<paths, Media> {
    return client(`Basic ${btoa(`typescript:${key}`)}`)
}

/** The body of an answer that says "done", with this status. */
function done<T>(answer: { data?: T; error?: unknown; response: Response }, status = 200): T {
    assert.equal(answer.response.status, status, JSON.stringify(answer.error))
    assert(answer.data !== undefined)
    return answer.data
}

// An account and its key.
const operator = client(`Bearer ${operatorKey}`)
const made = done(
    await operator.POST('/v1/operator/accounts', { body: { user_name: 'typescript' } }),
    201,
)
const api = account(made.key)

// Create.
done(await api.POST('/v1/skills', { body: { name: 'Sales' } }), 201)
const ids: string[] = []
for (const [number, name] of [['1001', 'Ravi'], ['1002', 'Mira'], ['1003', 'Asha']] as const) {
    const body = { number, name, skills: ['Sales'] }
    const phone = done(await api.POST('/v1/phones', { body }), 201)
    assert.deepEqual(phone, { id: phone.id, ...body })
    ids.push(phone.id)
}
const dry = await api.POST('/v1/phones', {
    params: { query: { dry_run: true } },
    body: { number: '1004', name: 'Omar' },
})
assert.equal(done(dry, 201).id, 'p0')
assert.equal(dry.response.headers.get('Ringbook-Dry-Run'), '1')

// List to the last page.
const listed: string[] = []
let cursor: string | null = null
do {
    const query: { limit: number; cursor?: string } = cursor === null ? { limit: 2 } : { limit: 2, cursor }
    const page = done(await api.GET('/v1/phones', { params: { query } }))
    listed.push(...page.items.map((phone) => phone.id))
    cursor = page.next
} while (cursor !== null)
assert.deepEqual(listed, ids)

// Edit what was read, but not what was changed since.
const phone = '1001'
const { response: read } = await api.GET('/v1/phones/{phone}', { params: { path: { phone } } })
const etag = read.headers.get('ETag') ?? ''
const conditional = { path: { phone }, header: { 'If-Match': etag } }
const edited = await api.PATCH('/v1/phones/{phone}', {
    params: conditional,
    body: { name: 'Ravi.K', unassign: ['Sales'] },
})
assert.deepEqual(done(edited), { id: ids[0], number: '1001', name: 'Ravi.K', skills: [] })
const late = await api.PATCH('/v1/phones/{phone}', { params: conditional, body: { name: 'Rita' } })
assert.equal(late.response.status, 412)
assert.equal(late.error?.code, 'precondition_failed')

// Many at once: all or nothing, then what can be done.
const bulk = done(
    await api.POST('/v1/bulk', {
        body: {
            mode: 'all_or_nothing',
            rows: [
                { action: 'create', number: '1004', name: 'Omar', skills: ['Sales'] },
                { action: 'edit', phone: '1002', assign: ['Sales'], name: 'Mira.K' },
                { action: 'upsert', number: '1003', name: 'Asha.K' },
                { action: 'delete', phone: '1001' },
            ],
        },
    }),
)
assert.deepEqual(
    bulk.rows.map((row) => row.status),
    ['created', 'edited', 'edited', 'deleted'],
)
assert.equal(bulk.summary.done, 4)
const parts = done(
    await api.POST('/v1/bulk', {
        body: {
            mode: 'keep_going',
            rows: [
                { action: 'create', number: '1002', name: 'Lena' },
                { action: 'create', number: '1005', name: 'Lena' },
            ],
        },
    }),
)
assert.deepEqual(
    parts.rows.map((row) => row.status),
    ['refused', 'created'],
)
assert.equal(parts.rows[0]?.errors?.[0]?.code, 'number_taken')

// The feed, from the beginning.
const kinds: string[] = []
let feed = done(await api.GET('/v1/feed', { params: { query: { limit: 5 } } }))
while (feed.items.length > 0) {
    kinds.push(...feed.items.map((change) => change.kind))
    feed = done(await api.GET('/v1/feed', { params: { query: { cursor: feed.next } } }))
}
assert.equal(kinds[0], 'account.create')
assert.equal(kinds.filter((kind) => kind === 'phone.create').length, 5)

// The newest change, and taking it back.
const newest = done(await api.GET('/v1/changes', { params: { query: { limit: 1 } } })).items[0]
assert(newest?.kind === 'phone.create' && newest.before === null)
assert.equal(newest.after?.number, '1005')
const path = { change: newest.id }
done(await api.POST('/v1/changes/{change}/revert', { params: { path }, body: {} }))
const gone = await api.GET('/v1/phones/{phone}', { params: { path: { phone: '1005' } } })
assert.equal(gone.error?.code, 'no_such_phone')

// Keys: the new one works, and so does the one that it is rotated to.
const key = done(await api.POST('/v1/account/keys', { body: { name: 'crm', scope: 'read' } }), 201)
done(await account(key.key).GET('/v1/account'))
const rotation = { params: { path: { key: key.id } }, body: { overlap_s: 0 } }
const rotated = done(await api.POST('/v1/account/keys/{key}/rotate', rotation), 201)
assert.equal(rotated.old, null)
assert.notEqual(rotated.key, key.key)
done(await account(rotated.key).GET('/v1/account'))
