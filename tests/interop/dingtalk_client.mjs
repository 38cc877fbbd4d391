// The official Node client, its hard-coded host turned to the address that is given; answers all, tells what came on its output.
import axios from 'axios';
import { DWClient, EventAck } from 'dingtalk-stream';

const [, , url, clientId, clientSecret] = process.argv;
axios.interceptors.request.use((config) => ({ ...config, url: config.url.replace('https://api.dingtalk.com', url), proxy: false }));
const client = new DWClient({ clientId, clientSecret });
const tell = (kind, message) => console.log(`GOT ${JSON.stringify({ kind, data: JSON.parse(message.data) })}`);
for (const topic of ['/v1.0/im/bot/messages/get', '/v1.0/card/instances/callback']) {
  client.registerCallbackListener(topic, (message) => {
    tell(topic, message);
    client.socketCallBackResponse(message.headers.messageId, topic.includes('card') ? { cardData: { cardParamMap: { state: 'closed' } } } : null);
  });
}
client.registerAllEventListener((message) => {
  tell(message.headers.eventType, message);
  return { status: EventAck.SUCCESS };
});
client.connect();
