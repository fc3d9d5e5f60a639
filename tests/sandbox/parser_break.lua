-- expect: error break outside loop
-- no loop to break
break
