var driver;(()=>{var t={decodeUplink:function(e){return{data:{index:e.bytes[0]},warnings:[]}}};driver=t})();
