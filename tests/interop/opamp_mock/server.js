// Runs Elastic's mock of an OpAMP server on a free port of loopback and prints "port N", then one
// line of JSON for each message that an agent has sent.
//
//   NODE_PATH=.../node_modules node server.js [BAD_MODE]
//
// POST /api/agentConfigMap sets what it offers; BAD_MODE is one of the module's own.
'use strict';

const {MockOpAMPServer} = require('@elastic/mockopampserver');

const server = new MockOpAMPServer({
    logLevel: 'fatal',
    hostname: '127.0.0.1',
    port: 0,
    testMode: true,
    badMode: process.argv[2],
});

function plain(key, value) {
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    return value;
}

let told = 0;
function tell() {
    const requests = server.testGetRequests();
    for (; told < requests.length; told++) {
        const {res, a2s, err} = requests[told];
        const line = {status: res && res.statusCode, message: a2s, error: err && err.message};
        process.stdout.write(JSON.stringify(line, plain) + '\n');
    }
}

server.start().then(() => {
    process.stdout.write('port ' + new URL(server.endpoint).port + '\n');
    setInterval(tell, 50);
});
process.on('SIGTERM', () => process.exit(0));
