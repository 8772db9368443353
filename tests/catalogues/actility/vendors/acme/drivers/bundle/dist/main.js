var driver;(()=>{"use strict";var r={};r.decodeUplink=function(e){return{data:e.bytes.map(function(b,i){return{variable:"v"+i,value:b,date:e.recvTime}}),warnings:[]}};driver=r})();
